// ModelInputs
