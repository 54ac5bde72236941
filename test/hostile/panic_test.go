package hostile_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/matryer/is"
	"github.com/rs/zerolog"

	kafka "github.com/conduitio/conduit-connector-kafka"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

// panicking is the environment variable that has this test's process panic in a way.
const panicking = "HOSTILE_PANIC"

// secretive are settings with a secret in each place that is read before a connection is
// made.
var secretive = settings{
	"servers": "127.0.0.1:1", "saslUsername": "u", "saslPassword": planted, "saslMechanism": "PLAIN", "tls.enabled": "true",
}

// panics are the ways.
var panics = map[string]func(context.Context){
	"settings of a source": func(context.Context) {
		c, err := kafka.ParseSource(secretive.with(settings{"topics": "t"}))
		panic(fmt.Sprint(c, err))
	},
	"settings as a value": func(context.Context) {
		c, _ := kafka.ParseDestination(secretive.with(settings{"topic": "t"}))
		panic(c)
	},
	"a part of them": func(context.Context) {
		c, _ := kafka.ParseDestination(secretive.with(settings{"topic": "t"}))
		panic(c.SASLConfig)
	},
	"a source": func(ctx context.Context) {
		src, _ := sides.NewSource(ctx, secretive.with(settings{"topics": "t"}))
		panic(src)
	},
	"a destination": func(ctx context.Context) {
		dst, _ := sides.NewDestination(ctx, secretive.with(settings{"topic": "t"}))
		panic(fmt.Sprintf("%v %+v", dst, dst))
	},
	"while a source opens": func(ctx context.Context) {
		src, _ := sides.NewSource(ctx, secretive.with(settings{"topics": "t"}))
		_ = src.Open(wire.WithDialer(ctx, explode), nil)
	},
	"while a destination opens": func(ctx context.Context) {
		dst, _ := sides.NewDestination(ctx, secretive.with(settings{"topic": "t"}))
		_ = dst.Open(wire.WithDialer(ctx, explode))
	},
	"in a log": func(ctx context.Context) {
		c, _ := kafka.ParseSource(secretive.with(settings{"topics": "t"}))
		sdk.Logger(ctx).Panic().Interface("config", c).Any("again", &c).Msgf("%v %+v %#v", c, c, c)
	},
}

func explode(context.Context, string, string) (net.Conn, error) { panic("while it dials") }

func TestPanicsTellNoSecret(t *testing.T) {
	if how := os.Getenv(panicking); how != "" {
		panics[how](zerolog.New(os.Stderr).Level(zerolog.TraceLevel).WithContext(context.Background()))
		return
	}
	self, err := os.Executable()
	is.New(t).NoErr(err)
	for how := range panics {
		t.Run(how, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), guard)
			defer cancel()
			cmd := exec.CommandContext(ctx, self, "-test.run=^TestPanicsTellNoSecret$")
			cmd.Env = append(os.Environ(), panicking+"="+how, "GOTRACEBACK=all")
			cmd.WaitDelay = 10 * time.Second
			out, err := cmd.CombinedOutput()
			text := string(out)
			if err == nil || !strings.Contains(text, "panic: ") || !strings.Contains(text, "goroutine ") {
				t.Fatalf("it has not panicked: %v\n%s", err, text)
			}
			for _, secret := range []string{planted, base64.StdEncoding.EncodeToString([]byte(planted)), fmt.Sprintf("%x", planted)} {
				if i := strings.Index(text, secret); i >= 0 {
					t.Errorf("it is told: …%s…", text[max(0, i-300):min(len(text), i+100)])
				}
			}
		})
	}
}
