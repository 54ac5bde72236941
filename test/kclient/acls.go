package kclient

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// ACL is what one says of a user.
type ACL struct {
	User      string
	Kind      kmsg.ACLResourceType
	Name      string
	Operation kmsg.ACLOperation
	Deny      bool // which outweighs what is allowed
}

// AddACLs makes ACLs. Brokers notice them a moment later.
func (c *Client) AddACLs(ctx context.Context, acls ...ACL) error {
	req := kmsg.NewPtrCreateACLsRequest()
	for _, a := range acls {
		creation := kmsg.NewCreateACLsRequestCreation()
		creation.ResourceType, creation.ResourceName, creation.ResourcePatternType = a.Kind, a.Name, kmsg.ACLResourcePatternTypeLiteral
		creation.Principal, creation.Host, creation.Operation, creation.PermissionType = "User:"+a.User, "*", a.Operation, kmsg.ACLPermissionTypeAllow
		if a.Deny {
			creation.PermissionType = kmsg.ACLPermissionTypeDeny
		}
		req.Creations = append(req.Creations, creation)
	}
	res, err := req.RequestWith(ctx, c.Raw())
	if err != nil {
		return fmt.Errorf("add ACLs: %w", err)
	}
	for _, r := range res.Results {
		if err := kerr.ErrorForCode(r.ErrorCode); err != nil {
			return fmt.Errorf("add ACLs: %w", err)
		}
	}
	return nil
}

// DeleteACLs takes away what AddACLs made.
func (c *Client) DeleteACLs(ctx context.Context, acls ...ACL) error {
	req := kmsg.NewPtrDeleteACLsRequest()
	for _, a := range acls {
		f := kmsg.NewDeleteACLsRequestFilter()
		f.ResourceType, f.ResourceName, f.ResourcePatternType = a.Kind, kmsg.StringPtr(a.Name), kmsg.ACLResourcePatternTypeLiteral
		f.Principal, f.Operation, f.PermissionType = kmsg.StringPtr("User:"+a.User), a.Operation, kmsg.ACLPermissionTypeAllow
		if a.Deny {
			f.PermissionType = kmsg.ACLPermissionTypeDeny
		}
		req.Filters = append(req.Filters, f)
	}
	res, err := req.RequestWith(ctx, c.Raw())
	if err != nil {
		return fmt.Errorf("delete ACLs: %w", err)
	}
	for i, r := range res.Results {
		if err := kerr.ErrorForCode(r.ErrorCode); err != nil {
			return fmt.Errorf("delete ACLs: %w", err)
		}
		if len(r.MatchingACLs) == 0 {
			return fmt.Errorf("delete ACLs: there is no %+v", acls[i])
		}
	}
	return nil
}
