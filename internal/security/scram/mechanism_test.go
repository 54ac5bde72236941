package scram

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"math"
	"strings"
	"testing"

	"github.com/matryer/is"
	"github.com/segmentio/kafka-go/sasl"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func start(t *testing.T, h Hash) (dialogue sasl.StateMachine, nonce string) {
	t.Helper()
	m := Mechanism("SCRAM-SHA-256", h, func() (string, string) { return "alice", "p²" })
	d, first, err := m.Start(context.Background())
	is.New(t).NoErr(err)
	_, nonce, _ = strings.Cut(string(first), "r=")
	return d, nonce
}

func serverFirst(nonce, iterations string) []byte {
	return []byte("r=" + nonce + "x,s=c2FsdHNhbHQ=,i=" + iterations)
}

// A count that is not allowed costs nothing: the hash function is not called.
func TestIterationsAreBounded(t *testing.T) {
	untouched := func() hash.Hash { t.Error("a key is computed"); return sha256.New() }
	for _, n := range []string{"-1", "0", "1", "4095", "1000001", "2147483647", fmt.Sprint(math.MaxInt), "9223372036854775808", "x", ""} {
		t.Run(n, func(t *testing.T) {
			is := is.New(t)
			d, nonce := start(t, untouched)
			_, _, err := d.Next(context.Background(), serverFirst(nonce, n))
			is.True(err != nil)
			t.Log(err)
			expect.Error(t, err, fmt.Sprintf("%q iterations, 4096 to 1000000 are allowed", n))
		})
	}
	for _, n := range []string{"4096", "1000000"} {
		is.New(t).NoErr(checkIterations(string(serverFirst("n", n))))
	}
}

func TestALongMessageIsRefused(t *testing.T) {
	d, nonce := start(t, SHA256)
	_, _, err := d.Next(context.Background(), serverFirst(nonce+strings.Repeat("x", maxMessage), "4096"))
	expect.Error(t, err, "up to 4096 are allowed")
}

// Whoever authenticates leaves when its time is over, however long the keys take.
func TestTheContextEndsAnAuthentication(t *testing.T) {
	is := is.New(t)
	computing, release := make(chan struct{}, 10), make(chan struct{})
	defer close(release)
	d, nonce := start(t, func() hash.Hash {
		select {
		case computing <- struct{}{}:
		default:
		}
		<-release
		return sha256.New()
	})
	ctx, cancel := context.WithCancel(context.Background())
	left := make(chan error)
	go func() {
		_, _, err := d.Next(ctx, serverFirst(nonce, "4096"))
		left <- err
	}()
	<-computing
	cancel()
	is.True(errors.Is(<-left, context.Canceled))
}

func TestKeysAreKeptForOneLogin(t *testing.T) {
	is := is.New(t)
	password := "one"
	m := Mechanism("SCRAM-SHA-256", SHA256, func() (string, string) { return "alice", password }).(*mechanism)
	client := func() any {
		_, _, err := m.Start(context.Background())
		is.NoErr(err)
		return m.client
	}
	first := client()
	is.Equal(client(), first)
	password = "two"
	second := client()
	is.True(second != first)
	for range maxUses {
		client()
	}
	is.True(client() != second) // what a broker's salts make it keep is bounded
}

// FuzzNext has a broker say anything, twice: it is never believed, since it doesn't know
// the password.
func FuzzNext(f *testing.F) {
	f.Add([]byte("r=%x,s=c2FsdHNhbHQ=,i=4096"), []byte("v=c2lnbmF0dXJl"))
	f.Add([]byte("e=other-error"), []byte(""))
	f.Add([]byte("r=%,s=,i=4096,i=99999999"), []byte("v="))
	f.Fuzz(func(t *testing.T, first, final []byte) {
		m := Mechanism("SCRAM-SHA-256", SHA256, func() (string, string) { return "alice", "secret" })
		d, hello, err := m.Start(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		_, nonce, _ := strings.Cut(string(hello), "r=")
		done, response, err := d.Next(context.Background(), []byte(strings.ReplaceAll(string(first), "%", nonce)))
		if done || strings.Contains(string(response)+fmt.Sprint(err), "secret") {
			t.Errorf("%t %q %v", done, response, err)
		}
		if err != nil {
			return
		}
		if done, _, err := d.Next(context.Background(), final); done && err == nil {
			t.Errorf("a broker that doesn't know the password is believed")
		}
	})
}
