#![cfg(test)]
mod decisions;
