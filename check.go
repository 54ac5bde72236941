package kafka

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/conduitio/conduit-commons/config"
	"github.com/google/uuid"

	"github.com/conduitio/conduit-connector-kafka/internal/check"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/exactlyonce"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// CheckResult is one step of CheckSource or CheckDestination, with what was found
// out, and a remedy if it failed.
type CheckResult = check.Result

// CheckSource tries, step by step, what a source with these settings needs of its
// cluster. It reads no record, joins no group and changes nothing.
func CheckSource(ctx context.Context, settings map[string]string) []CheckResult {
	params := Connector.NewSpecification().SourceParams
	c, err := ParseSource(settings)
	if err != nil {
		return wrongSettings(err, params)
	}
	plan, err := c.checkPlan(ctx)
	if err != nil {
		return wrongSettings(err, params)
	}
	reads, err := c.resolve()
	if err != nil {
		return wrongSettings(err, params)
	}
	plan.Topics, plan.Match, plan.Protocol = reads.Group.Topics, reads.Group.Match, reads.Group.Protocol
	if c.CopyTopicConfigs {
		plan.Also = []check.Operation{{Name: "DescribeConfigs", Bit: cluster.DescribeConfigsBit}}
	}
	if plan.Group = c.GroupID; plan.Group == "" {
		plan.Group = uuid.NewString() // as a source would generate it
	}
	return slices.Concat(rightSettings(), check.Run(ctx, plan), c.checkRegistry(ctx))
}

// CheckDestination tries, step by step, what a destination with these settings
// needs of its cluster. It writes no record and creates no topic.
func CheckDestination(ctx context.Context, settings map[string]string) []CheckResult {
	params := Connector.NewSpecification().DestinationParams
	c, err := ParseDestination(settings)
	if err != nil {
		return wrongSettings(err, params)
	}
	plan, err := c.checkPlan(ctx)
	if err != nil {
		return wrongSettings(err, params)
	}
	plan.Write, plan.Create = true, c.TopicAutoCreate
	if topic := c.onlyTopic(); topic != "" {
		plan.Topics = []string{topic}
	}
	if c.CopyTopicConfigs {
		plan.Also = []check.Operation{{Name: "Alter", Bit: cluster.AlterBit}, {Name: "AlterConfigs", Bit: cluster.AlterConfigsBit}}
	}
	writes, err := c.resolve()
	if err != nil {
		return wrongSettings(err, params)
	}
	plan.ProducerID = !writes.NoSequences
	if c.TransactionalID != "" {
		plan.TransactionalIDs = exactlyonce.TransactionalIDs(c.TransactionalID)
	}
	if c.ProgressTopic != "" {
		plan.Topics, plan.ProgressTopic = append(plan.Topics, c.ProgressTopic), c.ProgressTopic
	}
	return slices.Concat(rightSettings(), check.Run(ctx, plan), c.checkRegistry(ctx), c.checkSourceRegistry(ctx))
}

// checkRegistry tries the schema registry, if there is one.
func (c Config) checkRegistry(ctx context.Context) []CheckResult {
	if !c.RegistryConfig.Given() {
		return nil
	}
	r := CheckResult{Step: "schema registry", Subject: strings.Join(setting.List(c.URLs), ", "), Outcome: check.OK}
	schemas, err := c.registry(ctx)
	if err == nil {
		err = schemas.Ping(ctx)
	}
	if err != nil {
		r.Outcome, r.Reason = check.Failed, err.Error()
		r.Remedy = "set schemaRegistry.urls to where the registry answers, and the settings beside it to its login and certificate"
	}
	return []CheckResult{r}
}

// checkPlan is what both sides try.
func (c Config) checkPlan(ctx context.Context) (check.Plan, error) {
	connection, err := c.connection(ctx)
	return check.Plan{Servers: c.servers(), Connection: connection}, err
}

func rightSettings() []CheckResult {
	return []CheckResult{{Step: "settings", Outcome: check.OK}}
}

// ofSDK is the error of the SDK about a setting. It has no type that names the setting.
var ofSDK = regexp.MustCompile(`^(?:error validating )?"([^"]+)": (.+)$`)

// wrongSettings makes a result of each complaint.
func wrongSettings(err error, params config.Parameters) []CheckResult {
	var out []CheckResult
	for _, err := range complaints(err) {
		r := CheckResult{Step: "settings", Outcome: check.Failed, Reason: err.Error(), Remedy: "docs/configuration.md has all settings, with their types and defaults"}
		var own *setting.Error
		if errors.As(err, &own) {
			r.Subject, r.Reason = own.Name, own.Reason()
		} else if m := ofSDK.FindStringSubmatch(r.Reason); m != nil {
			r.Subject, r.Reason = m[1], m[2]
		}
		if errors.Is(err, config.ErrUnrecognizedParameter) {
			r.Reason = "there is no such setting"
			if near := check.Nearest(r.Subject, slices.Sorted(maps.Keys(params))); near != "" {
				r.Reason += "; did you mean " + near + "?"
			}
		}
		out = append(out, r)
	}
	return out
}

// complaints takes apart an error that reports everything that is wrong.
func complaints(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if inner := errors.Unwrap(err); inner != nil { // "config invalid: " before all of them
		joined, ok = inner.(interface{ Unwrap() []error })
	}
	if !ok {
		return []error{err}
	}
	var out []error
	for _, err := range joined.Unwrap() {
		out = append(out, complaints(err)...)
	}
	return out
}
