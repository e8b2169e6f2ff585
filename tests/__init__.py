"""Tests of stereosim."""
