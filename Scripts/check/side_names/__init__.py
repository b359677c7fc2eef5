"""Files that happen to lie beside an output; Scripts/check/side-names.sh says what for."""
