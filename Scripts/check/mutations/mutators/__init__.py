"""The mutators, by what they change."""

from mutations.mutators import (awq, config, headers, index, layouts, layouts_stated, pictures, questions, skyq,
                                skyq_resealed, tokenizer, travelling, values)

__all__ = ["awq", "config", "headers", "index", "layouts", "layouts_stated", "pictures", "questions", "skyq",
           "skyq_resealed", "tokenizer", "travelling", "values"]
