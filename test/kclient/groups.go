package kclient

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Group returns a consumer group's state, as Kafka names it ("Stable",
// "PreparingRebalance", "CompletingRebalance", "Empty", "Dead"), and how many members it has.
func (c *Client) Group(ctx context.Context, group string) (state string, members int, err error) {
	req := kmsg.NewPtrDescribeGroupsRequest()
	req.Groups = append(req.Groups, group)
	resp, err := askCoordinator(ctx, c, req, func(r *kmsg.DescribeGroupsResponse) int16 {
		return r.Groups[0].ErrorCode
	})
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		return "", 0, fmt.Errorf("describe group %s: %w", group, err)
	}
	return resp.Groups[0].State, len(resp.Groups[0].Members), nil
}

// Coordinator returns the node id of a consumer group's coordinator.
func (c *Client) Coordinator(ctx context.Context, group string) (int32, error) {
	req := kmsg.NewPtrFindCoordinatorRequest()
	req.CoordinatorKey, req.CoordinatorKeys = group, []string{group}
	resp, err := askCoordinator(ctx, c, req, func(r *kmsg.FindCoordinatorResponse) int16 {
		if len(r.Coordinators) > 0 {
			return r.Coordinators[0].ErrorCode
		}
		return r.ErrorCode
	})
	switch {
	case err != nil:
		return 0, fmt.Errorf("find coordinator of %s: %w", group, err)
	case len(resp.Coordinators) > 0:
		return resp.Coordinators[0].NodeID, nil
	}
	return resp.NodeID, nil
}

// RemoveMembers takes all members out of a group, as its coordinator does with dead
// ones once their session timeout is over, and returns how many there were.
func (c *Client) RemoveMembers(ctx context.Context, group string) (int, error) {
	describe := kmsg.NewPtrDescribeGroupsRequest()
	describe.Groups = append(describe.Groups, group)
	described, err := askCoordinator(ctx, c, describe, func(r *kmsg.DescribeGroupsResponse) int16 {
		return r.Groups[0].ErrorCode
	})
	if err != nil {
		return 0, fmt.Errorf("describe group %s: %w", group, err)
	}
	leave := kmsg.NewPtrLeaveGroupRequest()
	leave.Group = group
	for _, member := range described.Groups[0].Members {
		m := kmsg.NewLeaveGroupRequestMember()
		m.MemberID, m.InstanceID = member.MemberID, member.InstanceID
		leave.Members = append(leave.Members, m)
	}
	if len(leave.Members) == 0 {
		return 0, nil
	}
	left, err := askCoordinator(ctx, c, leave, func(r *kmsg.LeaveGroupResponse) int16 { return r.ErrorCode })
	if err != nil {
		return 0, fmt.Errorf("remove the members of group %s: %w", group, err)
	}
	for _, m := range left.Members {
		if err := kerr.ErrorForCode(m.ErrorCode); err != nil {
			return 0, fmt.Errorf("remove member %s of group %s: %w", m.MemberID, group, err)
		}
	}
	return len(leave.Members), nil
}

// askCoordinator sends req until a coordinator answers for the group: the
// first group of a cluster, and a coordinator that has moved, take a moment.
func askCoordinator[R kmsg.Response](ctx context.Context, c *Client, req kmsg.Request, code func(R) int16) (R, error) {
	for {
		resp, err := request[R](ctx, c, req)
		if err == nil {
			err = kerr.ErrorForCode(code(resp))
		}
		switch {
		case errors.Is(err, kerr.CoordinatorNotAvailable),
			errors.Is(err, kerr.CoordinatorLoadInProgress),
			errors.Is(err, kerr.NotCoordinator):
		default:
			return resp, err
		}
		select {
		case <-ctx.Done():
			return resp, errors.Join(err, ctx.Err())
		case <-time.After(poll):
		}
	}
}
