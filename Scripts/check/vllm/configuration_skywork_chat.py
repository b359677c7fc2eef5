"""The configuration class that vLLM asks a Skywork-R1V model for, as config.json's auto_map names it: what it
says, with the language model's part as the class of its own type."""
from transformers import AutoConfig, PretrainedConfig


class SkyworkChatConfig(PretrainedConfig):
    model_type = "skywork_chat"

    def __init__(self, vision_config=None, llm_config=None, **settings):
        super().__init__(**settings)
        self.vision_config = PretrainedConfig(**(vision_config or {}))
        language = dict(llm_config or {"model_type": "qwen2"})
        self.llm_config = AutoConfig.for_model(language.pop("model_type"), **language)
        self.text_config = self.llm_config
