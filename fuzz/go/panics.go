// Ends with a panic.
package main

import "fmt"

func main() {
	fmt.Println("before")
	panic("the end")
}
