"""The oracle: published formulas in exact arithmetic, each with a bound of the rounding error that a step may make.

Written with the papers' letters. It imports the standard library and mpmath only, and shares no name, helper or
default with lbref.
"""
