package plain

import (
	"fmt"
	"math/big"
	"strings"
	"time"
)

// MaxDigits bounds the digits of a decimal, before its point and after it.
const MaxDigits = 10_000

// maxUnscaled is the bytes of a number of MaxDigits.
const maxUnscaled = 4153

// Decimal is the text of a decimal number, unscaled times 10 to the minus scale: exact,
// with as many digits after the point as the scale says. A number would be rounded to 15
// digits on its way through a plugin process. The unscaled number is in two's complement,
// the highest byte first.
func Decimal(bytes []byte, scale int) (string, error) {
	if err := CheckScale(scale); err != nil {
		return "", err
	}
	if len(bytes) > maxUnscaled {
		return "", fmt.Errorf("a decimal of %d bytes is not supported: up to %d", len(bytes), maxUnscaled)
	}
	unscaled := Unscaled(bytes)
	if scale <= 0 {
		n := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(-scale)), nil)
		return n.Mul(n, unscaled).String(), nil
	}
	digits := new(big.Int).Abs(unscaled).String()
	if missing := scale + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	point := len(digits) - scale
	text := digits[:point] + "." + digits[point:]
	if unscaled.Sign() < 0 {
		text = "-" + text
	}
	return text, nil
}

// CheckScale reports whether a decimal's scale is beyond what is supported: its digits are
// all written out.
func CheckScale(scale int) error {
	if scale > MaxDigits || scale < -MaxDigits {
		return fmt.Errorf("a decimal with a scale of %d is not supported: -%d to %[2]d", scale, MaxDigits)
	}
	return nil
}

// Unscaled is the number that bytes hold in two's complement, the highest first.
func Unscaled(b []byte) *big.Int {
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n
}

const (
	dateFormat      = "2006-01-02"
	timeOfDayFormat = "15:04:05.999999999"
	localFormat     = "2006-01-02T15:04:05.999999999"
)

// Date is a day after 1970-01-01, or before it, as 2006-01-02.
func Date(days int64) (string, error) {
	return format(time.Unix(0, 0).UTC().AddDate(0, 0, clamp(days)), dateFormat, days, "days")
}

// clamp keeps days within what AddDate takes; those beyond are no dates anyway.
func clamp(days int64) int { return int(max(min(days, 1<<30), -1<<30)) }

// TimeOfDay is a time after midnight, as 15:04:05.999999999.
func TimeOfDay(d time.Duration) (string, error) {
	if d < 0 || d >= 24*time.Hour {
		return "", fmt.Errorf("%v after midnight is not a time of day", d)
	}
	return time.Unix(0, 0).UTC().Add(d).Format(timeOfDayFormat), nil
}

// Timestamp is an instant in RFC 3339, in UTC.
func Timestamp(t time.Time) (string, error) {
	return format(t.UTC(), time.RFC3339Nano, t.Unix(), "seconds")
}

// LocalTimestamp is a date and a time of day of no time zone, as 2006-01-02T15:04:05.999999999.
func LocalTimestamp(t time.Time) (string, error) {
	return format(t.UTC(), localFormat, t.Unix(), "seconds")
}

// format refuses years that RFC 3339 can't write.
func format(t time.Time, layout string, n int64, unit string) (string, error) {
	if y := t.Year(); y < 0 || y > 9999 {
		return "", fmt.Errorf("%d %s after 1970 are not in a year of four digits", n, unit)
	}
	return t.Format(layout), nil
}
