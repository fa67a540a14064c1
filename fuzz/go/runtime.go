// What the runtime does: goroutines, channels, closures, defer and recover, and much garbage.
package main

import (
	"errors"
	"fmt"
	"os"
	"sync"
)

type node struct {
	left, right *node
	value       int
}

func tree(depth int) *node {
	if depth == 0 {
		return &node{value: 1}
	}
	return &node{left: tree(depth - 1), right: tree(depth - 1), value: depth}
}

func (n *node) sum() int {
	if n == nil {
		return 0
	}
	return n.value + n.left.sum() + n.right.sum()
}

func primes(to chan<- int) {
	for n := 2; ; n++ {
		to <- n
	}
}

func sieve(from <-chan int, to chan<- int, prime int) {
	for n := range from {
		if n%prime != 0 {
			to <- n
		}
	}
}

func recovered(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("recovered: %v", r)
		}
	}()
	f()
	return nil
}

func main() {
	numbers := make(chan int)
	go primes(numbers)
	for i := 0; i < 60; i++ {
		prime := <-numbers
		fmt.Print(prime, " ")
		next := make(chan int)
		go sieve(numbers, next, prime)
		numbers = next
	}
	fmt.Println()

	var group sync.WaitGroup
	var lock sync.Mutex
	total := 0
	for i := 1; i <= 50; i++ {
		group.Add(1)
		go func(n int) {
			defer group.Done()
			lock.Lock()
			defer lock.Unlock()
			total += n * n
		}(i)
	}
	group.Wait()
	done, data := make(chan struct{}), make(chan int, 3)
	go func() {
		defer close(done)
		for n := range data {
			total -= n
		}
	}()
	for i := 0; i < 10; i++ {
		select {
		case data <- i:
		}
	}
	close(data)
	<-done
	fmt.Println(total)

	garbage := 0
	for i := 0; i < 40; i++ {
		garbage += tree(10).sum()
	}
	fmt.Println(garbage)

	var none []int
	index := total
	fmt.Println(recovered(func() { none[index%7] = 1 }))
	fmt.Println(recovered(func() { fmt.Println(10 / len(none)) }))
	fmt.Println(recovered(func() { panic(errors.New("on purpose")) }))
	fmt.Fprintln(os.Stderr, "recovered from all of it")
}
