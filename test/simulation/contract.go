package simulation

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// verdict is what the contract says of an error code: whether the connector recovers from
// it, may end, or has to, if it comes again and again.
type verdict int

const (
	recovers verdict = iota
	mayEnd
	ends
)

// retriable reports whether Kafka's table of errors says that the same request may
// succeed later. Two codes are not as this client's library has them.
func retriable(code int16) bool {
	switch code {
	case kerr.ConcurrentTransactions.Code:
		return true
	case kerr.ShareSessionLimitReached.Code:
		return false
	}
	return kerr.IsRetriable(kerr.ErrorForCode(code))
}

// verdictOf is the contract of a code in the answer to a request.
func verdictOf(key kmsg.Key, code int16, settings map[string]string) verdict {
	if code == 0 {
		return recovers
	}
	switch key {
	case kmsg.Fetch:
		return verdictOfFetch(code, settings)
	case kmsg.JoinGroup, kmsg.SyncGroup, kmsg.Heartbeat:
		return verdictOfMember(code, settings)
	case kmsg.Produce:
		switch {
		case retriable(code), slices.Contains(renumbered, code):
			return recovers
		case slices.Contains(divided, code):
			return mayEnd // of a single record, it does
		}
		return ends
	case kmsg.InitProducerID:
		if !retriable(code) {
			return ends
		}
	}
	return mayEnd
}

// renumbered are codes after which a batch gets other sequence numbers, divided those
// after which it is cut in two. DUPLICATE_SEQUENCE_NUMBER says that a batch is written.
var (
	renumbered = []int16{kerr.OutOfOrderSequenceNumber.Code, kerr.InvalidProducerEpoch.Code, kerr.UnknownProducerID.Code, kerr.DuplicateSequenceNumber.Code}
	divided    = []int16{kerr.MessageTooLarge.Code, kerr.RecordListTooLarge.Code, kerr.InvalidRecord.Code, kerr.InvalidTimestamp.Code}
)

func verdictOfFetch(code int16, settings map[string]string) verdict {
	switch code {
	case kerr.OffsetOutOfRange.Code:
		if settings["autoOffsetReset"] == "error" {
			return mayEnd // once it is clear that the offset is lost
		}
		return recovers
	case kerr.CorruptMessage.Code:
		return mayEnd // when it has come too often for a batch damaged on its way
	case kerr.UnknownServerError.Code:
		return recovers
	}
	if retriable(code) {
		return recovers
	}
	return ends
}

func verdictOfMember(code int16, settings map[string]string) verdict {
	switch code {
	case kerr.FencedInstanceID.Code, kerr.InvalidSessionTimeout.Code:
		return ends
	case kerr.UnknownMemberID.Code, kerr.IllegalGeneration.Code, kerr.RebalanceInProgress.Code, kerr.MemberIDRequired.Code:
		return recovers
	}
	if !retriable(code) && settings["retryGroupJoinErrors"] == "false" {
		return ends
	}
	return recovers
}

// sourceRequests and destinationRequests are those of which the contract of each code is
// known.
var (
	sourceRequests      = []kmsg.Key{kmsg.Fetch, kmsg.JoinGroup, kmsg.SyncGroup, kmsg.Heartbeat}
	destinationRequests = []kmsg.Key{kmsg.Produce, kmsg.InitProducerID}
)

// endings are the codes which end a connector with these settings if they come again and
// again in answers to a request.
func endings(key kmsg.Key, settings map[string]string) (codes []int16) {
	for _, code := range embedded.Codes() {
		if verdictOf(key, code, settings) == ends {
			codes = append(codes, code)
		}
	}
	return codes
}
