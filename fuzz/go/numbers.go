// Numbers of all widths, big ones, and floats, which these machines compute in software.
package main

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
)

func main() {
	var sum int64 = math.MinInt64
	for i := int64(1); i < 2000; i++ {
		sum = sum*31 + i*i%(i+7) - sum/i
	}
	fmt.Println(sum, uint32(sum)>>3, int8(sum), bits.Reverse64(uint64(sum)), bits.LeadingZeros32(uint32(sum)))

	hi, lo := bits.Mul64(uint64(sum), 0x9e3779b97f4a7c15)
	quotient, rest := bits.Div64(hi%1000, lo, 1001)
	fmt.Println(hi, lo, quotient, rest)

	factorial := big.NewInt(1)
	for i := int64(2); i <= 120; i++ {
		factorial.Mul(factorial, big.NewInt(i))
	}
	power := new(big.Int).Exp(big.NewInt(3), factorial, big.NewInt(1_000_000_007))
	fmt.Println(factorial, power)

	x, single := 1.0, float32(1)
	for i := 1; i < 200; i++ {
		x += math.Sqrt(float64(i)) / math.Exp(x/100)
		single = single*1.01 + float32(i)/3
	}
	fmt.Printf("%v %.3e %g %v %v\n", x, math.Sin(x), single, math.Inf(-1), math.NaN())
	fmt.Println(int64(x), uint8(int(single)%256), math.Float64bits(x), 0.1+0.2 == 0.3)
}
