"""`check`: what a source holds, what breaks the contract, what is doubtful, and a first source file."""
