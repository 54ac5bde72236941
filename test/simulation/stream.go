package simulation

import (
	"context"
	"io"

	"github.com/conduitio/conduit-connector-protocol/pconnector"
)

// stream carries requests from Conduit to a plugin and responses back, as the one
// between Conduit and its built-in plugins does. It ends with its context.
type stream[Request, Response any] struct {
	ctx       context.Context
	requests  chan Request
	responses chan Response
}

func newStream[Request, Response any](ctx context.Context) *stream[Request, Response] {
	return &stream[Request, Response]{ctx, make(chan Request), make(chan Response)}
}

func pass[T any](ctx context.Context, c chan<- T, v T) error {
	select {
	case c <- v:
		return nil
	case <-ctx.Done():
		return io.EOF
	}
}

func take[T any](ctx context.Context, c <-chan T) (v T, err error) {
	select {
	case v = <-c:
		return v, nil
	case <-ctx.Done():
		return v, io.EOF
	}
}

// client is Conduit's end, server the plugin's.
type client[Request, Response any] struct{ *stream[Request, Response] }
type server[Request, Response any] struct{ *stream[Request, Response] }

func (c client[Request, Response]) Send(r Request) error    { return pass(c.ctx, c.requests, r) }
func (c client[Request, Response]) Recv() (Response, error) { return take(c.ctx, c.responses) }
func (s server[Request, Response]) Send(r Response) error   { return pass(s.ctx, s.responses, r) }
func (s server[Request, Response]) Recv() (Request, error)  { return take(s.ctx, s.requests) }

type sourceStream struct {
	*stream[pconnector.SourceRunRequest, pconnector.SourceRunResponse]
}

func (s sourceStream) Client() pconnector.SourceRunStreamClient {
	return client[pconnector.SourceRunRequest, pconnector.SourceRunResponse](s)
}

func (s sourceStream) Server() pconnector.SourceRunStreamServer {
	return server[pconnector.SourceRunRequest, pconnector.SourceRunResponse](s)
}

type destinationStream struct {
	*stream[pconnector.DestinationRunRequest, pconnector.DestinationRunResponse]
}

func (s destinationStream) Client() pconnector.DestinationRunStreamClient {
	return client[pconnector.DestinationRunRequest, pconnector.DestinationRunResponse](s)
}

func (s destinationStream) Server() pconnector.DestinationRunStreamServer {
	return server[pconnector.DestinationRunRequest, pconnector.DestinationRunResponse](s)
}
