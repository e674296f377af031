"""What every component must compute, written a second time: slowly, plainly, in Python loops over float64.

A function is named by the YAML type of the component that it checks. None of it calls dlcli.
"""
