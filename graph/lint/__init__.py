"""Habits of good design as rules that find where a graph breaks them, with fixes made of edits."""
