"""`report`: a period's pack, from the options to the folder that is put in place."""
