"""Pages as data: what a person sees is named by kind here, and drawn by whoever draws; no kind knows a domain."""
