"""The eight findings of the CNIL in one town, looked for here. Source: CNIL, 23 December 2021."""
