"""What people show to be let in beside a password: second factors, mailed links, accounts elsewhere; and its limits."""
