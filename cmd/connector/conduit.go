package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

const (
	conduitTimeout = 10 * time.Second
	// maxConduitAnswer bounds what is read of an answer, in bytes: a position is no larger
	// than some dozens of kilobytes.
	maxConduitAnswer = 4 << 20
)

// positionOf asks Conduit's HTTP API for the position of a source; nil: it has none yet.
func positionOf(ctx context.Context, address, id string) ([]byte, error) {
	base, err := url.Parse(address)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, &usageError{errors.New("-conduit: it is not the address of an HTTP API, as in http://localhost:8080")}
	}
	ctx, cancel := context.WithTimeout(ctx, conduitTimeout)
	defer cancel()
	position, err := askConduit(ctx, base.JoinPath("v1", "connectors", id), id)
	if err != nil {
		return nil, fmt.Errorf("-conduit: ask %s for connector %q: %w", base.Redacted(), id, err)
	}
	return position, nil
}

func askConduit(ctx context.Context, at *url.URL, id string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, withoutURL(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, withoutURL(err)
	}
	defer res.Body.Close()
	var answer struct {
		ID          string `json:"id"`
		SourceState *struct {
			Position []byte `json:"position"`
		} `json:"sourceState"`
	}
	switch {
	case res.StatusCode == http.StatusNotFound:
		return nil, errors.New("there is no such connector: give its ID with -connector, as pipeline:connector for one of a pipeline file")
	case res.StatusCode != http.StatusOK:
		return nil, errors.New(res.Status)
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxConduitAnswer)).Decode(&answer); err != nil || answer.ID != id {
		return nil, errors.New("the answer is not that of Conduit's API")
	}
	if answer.SourceState == nil {
		return nil, nil
	}
	return answer.SourceState.Position, nil
}

// withoutURL is an error of a request without its address, which may have a password.
func withoutURL(err error) error {
	if of := (*url.Error)(nil); errors.As(err, &of) {
		return of.Err
	}
	return err
}
