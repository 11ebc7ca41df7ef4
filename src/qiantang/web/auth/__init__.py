"""Who somebody is: accounts, passwords, sessions that can be revoked, and tokens for programs."""
