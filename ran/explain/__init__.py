"""A network and a face come in, the reasons for its answer go out."""
