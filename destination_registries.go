package kafka

import (
	"context"
	"errors"

	"github.com/conduitio/conduit-connector-kafka/internal/convert"
	"github.com/conduitio/conduit-connector-kafka/internal/registry"
	"github.com/conduitio/conduit-connector-kafka/internal/security"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// SourceRegistry has the settings of SourceRegistryConfig, whose methods are not those of a
// whole configuration.
type SourceRegistry struct{ SourceRegistryConfig }

// newMessages opens the registries that the settings name, and returns what makes messages.
func (c *DestinationConfig) newMessages(ctx context.Context) (*convert.Messages, error) {
	schemas, err := c.registry(ctx)
	if err != nil {
		return nil, err
	}
	m := c.messages(schemas)
	m.ProgressTopic = c.progressTopic(ctx)
	if schemas != nil && c.SourceRegistryConfig.Given() {
		from, err := c.sourceRegistry(ctx)
		if err != nil {
			return nil, err
		}
		m.Translator = registry.NewTranslation(from, schemas, c.SchemaAutoRegister)
	}
	return convert.NewMessages(m)
}

// sourceRegistry returns the client of the registry that the records' IDs are of.
func (c *DestinationConfig) sourceRegistry(ctx context.Context) (*registry.Client, error) {
	warnOnce(ctx, setting.List(c.SourceRegistryURLs), c.SourceRegistryConfig.Warnings())
	return c.withSourceRegistry().registry(ctx)
}

// withSourceRegistry has the registry of the source in the place of the destination's.
func (c *DestinationConfig) withSourceRegistry() Config {
	of := c.Config
	of.RegistryConfig = c.SourceRegistryConfig.Registry(c.RegistryConfig)
	return of
}

// checkRegistries reports what is wrong with the settings of both registries together.
func (c *DestinationConfig) checkRegistries(ctx context.Context) error {
	m := c.messages(c.unasked())
	m.ProgressTopic = c.progressTopic(ctx)
	if c.SourceRegistryConfig.Given() {
		m.Translator = new(registry.Translation)
	}
	errs := []error{m.Validate(), c.SourceRegistryConfig.Validate()}
	if c.SourceRegistryConfig.Given() && !m.Translates() {
		errs = append(errs, setting.Invalid("schemaRegistry.source.urls", "it is for keyFormat or value.format schema-id, which neither is", ""))
	}
	return errors.Join(errs...)
}

// checkSourceRegistry tries the schema registry of the source, if there is one.
func (c *DestinationConfig) checkSourceRegistry(ctx context.Context) []CheckResult {
	results := c.withSourceRegistry().checkRegistry(ctx)
	for i := range results {
		results[i].Step = "schema registry of the source"
		results[i].Remedy = security.OfSourceRegistry(results[i].Remedy)
	}
	return results
}
