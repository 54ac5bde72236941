// Command bench measures the connector side by side with others, on a Kafka that
// it starts itself.
//
//	make bench                            from the repository's root; 25 minutes
//	bin/bench -parts source -rounds 5     a part of it
//	bin/bench -cells quick                the connector and what does the same work: 5 minutes
//	bin/bench -cells full                 all sizes, codecs, partitions: hours
//	bin/bench compare old.json new.json   what became faster or slower; fails if a cell is
//	                                      slower than noise explains
//	bin/bench render out/bench-….json     table, docs/benchmarks.md and plots again
//
// Each contender runs in a process of its own, so that CPU, memory and
// allocations are its own: the clients in the program contender, which is built
// against this connector and against the published one, whole pipelines in
// Conduit or Kafka Connect. The contenders of a cell take turns, A B A B; one
// of them is there twice, which shows the noise. What arrived is counted in the
// brokers' offsets.
//
//	main.go, options.go    what is asked for
//	plan.go, cells.go      which contenders in which cells, and how long that takes
//	measure.go             takes turns
//	client.go, system.go   one run of a client, of a pipeline
//	arguments.go           what a client is called with
//	build.go, machine.go   the programs; what the figures were measured on
//	contender/             the clients
//	internal/lab           the cluster, its topics, what fills them
//	internal/pipeline      Conduit and Kafka Connect
//	internal/report        table, targets, Markdown, plots
package main
