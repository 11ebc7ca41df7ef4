"""One drawing for each kind of block, the same for every domain."""
