"""What the interoperability tests share: the server under test, a person's browser, an application's side of the flows."""
