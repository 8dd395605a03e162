"""PostgreSQL as the second engine: several servers, one set of books. See ../README.md."""
