package broker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

// MirrorMaker runs Kafka's own program for copies, of [ConnectVersion] or of the
// container's version, with its properties, until ctx ends. The first call on a machine
// fetches it.
func (c *Cluster) MirrorMaker(ctx context.Context, properties string) error {
	argv := c.desc.Tool
	if len(argv) == 0 {
		return errors.New("run MirrorMaker: this cluster came without tools")
	}
	if argv[0] == java {
		jars, err := FetchJars(ctx, "mirror", pom(artifact{apacheKafka, "connect-mirror", ConnectVersion}, log4j2))
		if err != nil {
			return fmt.Errorf("run MirrorMaker: %w", err)
		}
		argv = slices.Concat(argv[:len(argv)-1], []string{filepath.Join(jars, "*")}) // for the tools' class path
	}
	argv = slices.Concat(argv, []string{"org.apache.kafka.connect.mirror.MirrorMaker", "/dev/stdin"})
	if err := runTo(ctx, strings.NewReader(properties), io.Discard, argv...); err != nil {
		return fmt.Errorf("run MirrorMaker: %w", err)
	}
	return nil
}
