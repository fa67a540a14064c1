//! The vocabulary of fpvm: words, machines, instruction sets, targets.
