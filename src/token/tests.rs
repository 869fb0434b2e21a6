mod fixture;
mod negative;
mod payloads;
mod rings;
mod vectors;
