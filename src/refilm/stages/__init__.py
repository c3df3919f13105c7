"""One file per stage; each stage is its options plus one generator."""
