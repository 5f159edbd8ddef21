"""The array libraries that rules are run on: what they can do, as data, and how arrays get in and out of them."""
