package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/conduitio/conduit-connector-kafka/test/conduit"
)

const (
	scrapeInterval = "1s"
	rateInterval   = "10s"
)

// startPrometheus watches the metrics at an address.
func startPrometheus(ctx context.Context, executable, dir, target string) (server, error) {
	config := filepath.Join(dir, "prometheus.yml")
	text := fmt.Sprintf("global: {scrape_interval: %s}\nscrape_configs: [{job_name: conduit, static_configs: [{targets: [%q]}]}]\n", scrapeInterval, target)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return server{}, err
	}
	addr, err := freeAddress()
	if err != nil {
		return server{}, err
	}
	cmd := exec.Command(executable, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "tsdb"), "--web.listen-address="+addr, "--log.level=warn")
	cmd.Stderr = os.Stderr
	process, err := conduit.Start(cmd)
	if err != nil {
		return server{}, err
	}
	for wait := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		if err = get(ctx, "http://"+addr+"/-/ready", nil); err == nil {
			return server{process, addr}, nil
		}
		if time.Now().After(wait) || ctx.Err() != nil || process.Ended() {
			process.Kill()
			return server{}, fmt.Errorf("start Prometheus: %w", err)
		}
	}
}

// series is a line of a panel.
type series struct {
	name   string
	points []point
}

type point struct{ seconds, value float64 } // since the run began

// ask has Prometheus answer a query for every other second of the run.
func ask(ctx context.Context, addr string, t target, began time.Time) ([]series, error) {
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Values [][2]any // a time, and a number as text
			}
		}
	}
	values := url.Values{"query": {t.query()}, "step": {"2"}, "start": {began.Format(time.RFC3339)}, "end": {began.Add(length).Format(time.RFC3339)}}
	if err := get(ctx, "http://"+addr+"/api/v1/query_range?"+values.Encode(), &answer); err != nil {
		return nil, fmt.Errorf("query %s: %w", t.query(), err)
	}
	var out []series
	for _, r := range answer.Data.Result {
		s := series{name: t.legend(r.Metric)}
		for _, v := range r.Values {
			at, _ := v[0].(float64)
			text, _ := v[1].(string)
			value, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return nil, fmt.Errorf("query %s: %w", t.query(), err)
			}
			s.points = append(s.points, point{at - float64(began.Unix()), value})
		}
		out = append(out, s)
	}
	return out, nil
}

// get reads JSON, unless into is nil.
func get(ctx context.Context, address string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s", res.Status)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(res.Body).Decode(into)
}
