"""The pack of a visit by the departmental commission. Source: CSI L. 253-1, R. 254-1."""
