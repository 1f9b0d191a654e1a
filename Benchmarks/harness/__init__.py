"""The benchmark's harness: starts hub, agent and peers on loopback, measures them side by side, checks their work."""
