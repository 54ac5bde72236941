// Package versions tests the connector, through its source and its destination, on
// brokers that speak no more than an old Kafka, or Azure Event Hubs, does.
package versions
