package budget

// JSON takes from a budget what the values of a text in JSON will take in memory. It looks
// at its brackets, commas and colons alone: what is wrong with it is for the decoder.
func (b *Budget) JSON(data []byte) error {
	if len(data) <= Small {
		return nil // the worst are objects of one short name in each other: 80 a byte
	}
	if err := b.Take(len(data)); err != nil {
		return err
	}
	for i := 0; i < len(data); i++ {
		cost := 0
		switch data[i] {
		case '"':
			i = endOfText(data, i)
			continue
		case '{':
			cost = Object(0)
			if next := afterSpace(data[i+1:]); next != '}' {
				cost = Object(1) + Scalar
			}
		case '[':
			cost = List(1)
		case ':':
			cost = entry
		case ',':
			cost = item + Scalar
		default:
			continue
		}
		if err := b.Take(cost); err != nil {
			return err
		}
	}
	return nil
}

func afterSpace(data []byte) byte {
	for _, c := range data {
		switch c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// endOfText returns where the text ends that begins at i.
func endOfText[T string | []byte](data T, i int) int {
	for i++; i < len(data) && data[i] != '"'; i++ {
		if data[i] == '\\' {
			i++
		}
	}
	return i
}

// JSONDepth reports whether a text in JSON is nested more than Depth deep.
func JSONDepth[T string | []byte](text T) error {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i = endOfText(text, i)
		case '[', '{':
			if depth++; depth > Depth {
				return ErrDepth
			}
		case ']', '}':
			depth--
		}
	}
	return nil
}
