package broker

import (
	"context"
	"fmt"
)

type nodeState int

const (
	down nodeState = iota
	running
	paused
)

// KillNode ends a node at once, as a crash does.
func (c *Cluster) KillNode(node int) error {
	return c.fault("kill", node, func(s nodeState) (nodeState, error) {
		if s == down {
			return s, nil
		}
		return down, c.engine.kill(node)
	})
}

// StopNode lets a node hand over its partitions and shut down, and waits for
// its end; when ctx ends first, the node is killed.
func (c *Cluster) StopNode(ctx context.Context, node int) error {
	return c.fault("stop", node, func(s nodeState) (nodeState, error) {
		if s == down {
			return s, nil
		}
		if s == paused {
			if err := c.engine.resume(node); err != nil {
				return s, err
			}
		}
		return down, c.engine.stop(ctx, node)
	})
}

// PauseNode freezes a node: its connections stay open and nothing answers.
func (c *Cluster) PauseNode(node int) error {
	return c.fault("pause", node, func(s nodeState) (nodeState, error) {
		if s != running {
			return s, fmt.Errorf("it does not run")
		}
		return paused, c.engine.pause(node)
	})
}

// ResumeNode lets a paused node go on. It does not wait until the others have
// noticed; [Cluster.Ready] does.
func (c *Cluster) ResumeNode(node int) error {
	return c.fault("resume", node, func(s nodeState) (nodeState, error) {
		if s != paused {
			return s, nil
		}
		return running, c.engine.resume(node)
	})
}

// StartNode starts a node that was killed or stopped, with the data it had,
// and waits as [Cluster.Ready] does.
func (c *Cluster) StartNode(ctx context.Context, node int) error {
	if err := c.startNode(ctx, node); err != nil {
		return err
	}
	return c.Ready(ctx)
}

func (c *Cluster) startNode(ctx context.Context, node int) error {
	return c.fault("start", node, func(s nodeState) (nodeState, error) {
		if s != down {
			return s, nil
		}
		return running, c.engine.start(ctx, node)
	})
}

// RenewCerts replaces the CA and everything that it has signed. A node goes over to
// its new certificate when it starts again; it then trusts clients of the new CA and
// no others.
func (c *Cluster) RenewCerts() (Certs, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.engine == nil {
		return Certs{}, fmt.Errorf("renew certificates: %w", errNoFaults)
	}
	creds, err := issueCerts(c.dir)
	if err != nil {
		return Certs{}, fmt.Errorf("renew certificates: %w", err)
	}
	c.desc.Certs = creds
	return creds, nil
}

// Ready waits until every running node serves and knows all running nodes;
// and, when all run, until every replica is in sync. It gives up after 90 s.
func (c *Cluster) Ready(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.engine == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	return c.ready(ctx)
}

// Restore lets every proxy pass, starts and resumes every node that does not
// run, and waits as [Cluster.Ready] does.
func (c *Cluster) Restore(ctx context.Context) error {
	for _, p := range c.proxies {
		if err := p.Pass(); err != nil {
			return err
		}
	}
	for n := 1; n <= c.desc.Options.Nodes; n++ {
		if err := c.ResumeNode(n); err != nil {
			return err
		}
		if err := c.startNode(ctx, n); err != nil {
			return err
		}
	}
	return c.Ready(ctx)
}

// fault changes a node's state by do, which gets the state and returns the next.
func (c *Cluster) fault(verb string, node int, do func(nodeState) (nodeState, error)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := errNoFaults
	if c.engine != nil {
		s, known := c.state[node]
		if !known {
			return fmt.Errorf("%s node %d: there are %d", verb, node, len(c.state))
		}
		if s, err = do(s); err == nil {
			c.state[node] = s
		} else if c.engine.exited(node) {
			c.state[node] = down
		}
	}
	if err != nil {
		return fmt.Errorf("%s node %d: %w", verb, node, err)
	}
	return nil
}
