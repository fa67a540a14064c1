//! The machinery of fpvm that every target shares: memory tree, kernel, machines, run loop.
