package protodata

import (
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// meaningful are the options that say something about values, or without which a file is
// not valid.
var meaningful = map[string]bool{
	"allow_alias": true, "default": true, "features": true, "json_name": true,
	"map_entry": true, "message_set_wire_format": true, "packed": true,
}

// dropOptions drops all others of a file: what whoever wrote it defined is of no use here,
// and may cost the compiler any time.
func dropOptions(m protoreflect.Message) error {
	if f := m.Descriptor().Fields().ByName("uninterpreted_option"); f != nil {
		return keepMeaningful(m, f)
	}
	var err error
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Message() == nil || f.IsMap():
		case f.IsList():
			for i := 0; i < v.List().Len() && err == nil; i++ {
				err = dropOptions(v.List().Get(i).Message())
			}
		default:
			err = dropOptions(v.Message())
		}
		return err == nil
	})
	return err
}

func keepMeaningful(m protoreflect.Message, f protoreflect.FieldDescriptor) error {
	if !m.Has(f) {
		return nil
	}
	list, kept := m.Mutable(f).List(), 0
	for i := range list.Len() {
		option, _ := list.Get(i).Message().Interface().(*descriptorpb.UninterpretedOption)
		if len(option.GetName()) == 0 {
			continue
		}
		first := option.GetName()[0]
		if first.GetIsExtension() || !meaningful[first.GetNamePart()] {
			continue
		}
		if option.AggregateValue != nil {
			return fmt.Errorf("option %s has several values in one: write each as an option of its own", first.GetNamePart())
		}
		list.Set(kept, list.Get(i))
		kept++
	}
	list.Truncate(kept)
	return nil
}
