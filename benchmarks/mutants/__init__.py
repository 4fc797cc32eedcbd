"""Mutation testing: does a test fail when a line that decides is wrong?"""
