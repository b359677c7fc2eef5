// AWQ
