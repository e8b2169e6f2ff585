"""Simulated operators: policies that see what a person would see."""
