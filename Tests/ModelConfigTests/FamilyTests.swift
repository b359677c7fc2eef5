// The configs of the family give the hyperparameters their model cards state.
import JSON
import ModelConfig
import Testing

@Suite struct FamilyTests {
  @Test func `a 38B chat config`() throws {
    let config = try ConfigText(Configs.chat6B).parsed()
    #expect(config.layout == .chat && config.modelType == "skywork_chat")
    #expect(config.architectureName == "SkyworkChatModel" && config.template == "internvl2_5")
    #expect(config.systemMessage == nil, "null counts as absent")
    #expect(config.quantization == nil)
    let text = config.text
    #expect(text.architecture == .qwen2 && text.hiddenSize == 5120 && text.intermediateSize == 27648)
    #expect(text.layerCount == 64 && text.headCount == 40 && text.kvHeadCount == 8 && text.headDim == 128)
    #expect(text.vocabularySize == 151674 && text.normEpsilon == 1e-6 && text.ropeTheta == 1_000_000)
    #expect(text.ropeScaling == .dynamic(factor: 2) && text.maxPositions == 32768)
    #expect(text.hasQKVBias && !text.hasOutputBias && !text.hasMLPBias && !text.hasQKNorm && !text.tiesEmbeddings)
    #expect(text.beginToken == 151643 && text.endTokens == [151644, 151645])
    let multimodal = try #require(config.multimodal)
    #expect(multimodal.tokensPerTile == 256 && multimodal.pixelShuffle == .v2 && multimodal.shuffleFactor == 2)
    #expect(multimodal.activeLayerCount == 45 && multimodal.usesDynamicTiling && multimodal.usesThumbnail)
    #expect(multimodal.minTiles == 1 && multimodal.maxTiles == 12)
    let vision = multimodal.vision
    #expect(vision.headDim == 128 && vision.tokenCount == 1025 && vision.normType == .rmsNorm)
    #expect(vision.hasQKNorm && !vision.hasQKVBias && vision.normEpsilon == 1e-6)
  }

  @Test func `a 1B chat config`() throws {
    let config = try ConfigText(Configs.chat300M).parsed()
    #expect(config.systemMessage == "Be brief." && config.text.headDim == 64 && config.text.endTokens == [151643])
    #expect(config.text.normEpsilon == 1e-6 && config.text.ropeScaling == .none)
    let vision = try #require(config.multimodal).vision
    #expect(vision.normType == .layerNorm && !vision.hasQKNorm && vision.hasQKVBias && vision.headDim == 64)
  }

  @Test func `the keys of the native layout mean what those of the chat layout mean`() throws {
    let native = try ConfigText(Configs.native).parsed()
    let chat = try ConfigText(Configs.chat300M).with("llm_config", "tie_word_embeddings", value: false)
      .with("llm_config", "rope_scaling", value: ["type": "dynamic", "factor": .double(2.0)]).parsed()
    #expect(native.layout == .native)
    #expect(native.multimodal == chat.multimodal)
    #expect(native.text.ropeScaling == chat.text.ropeScaling && native.text.ropeTheta == chat.text.ropeTheta)
    #expect(native.text.headDim == chat.text.headDim && !native.text.tiesEmbeddings)
  }

  @Test func `a Qwen3 language model normalises q and k and has no bias`() throws {
    let text = try ConfigText(Configs.internVL35).parsed().text
    #expect(text.architecture == .qwen3 && text.headDim == 128 && text.headCount * text.headDim == 2048)
    #expect(text.hasQKNorm && !text.hasQKVBias && !text.hasOutputBias && text.ropeScaling == .none)
  }

  @Test func `a Llama 3 config`() throws {
    let config = try ConfigText(Configs.llama31).parsed()
    #expect(config.layout == .text && config.multimodal == nil && config.text.tiesEmbeddings)
    #expect(
      config.text.ropeScaling
        == .llama3(factor: 32, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalLength: 8192))
    #expect(!config.text.hasQKVBias && config.text.endTokens == [128001, 128008, 128009])
  }

  @Test func `what a text config leaves out has the defaults of transformers`() throws {
    let qwen2 = try ConfigText(Configs.text("qwen2")).parsed().text
    #expect(qwen2.kvHeadCount == 4 && qwen2.headDim == 16 && qwen2.hasQKVBias && qwen2.ropeTheta == 10000)
    #expect(qwen2.normEpsilon == 1e-6 && !qwen2.tiesEmbeddings && qwen2.endTokens.isEmpty)
    #expect(try ConfigText(Configs.text("qwen3")).parsed().text.headDim == 128)
    let llama = try ConfigText(Configs.text("llama")).with("attention_bias", value: true)
      .with("mlp_bias", value: true).parsed().text
    #expect(llama.hasQKVBias && llama.hasOutputBias && llama.hasMLPBias && llama.headDim == 16)
  }

  @Test func `what a chat config leaves out has the defaults of configuration_intern_vit and internvl_chat`() throws {
    let config = try ConfigText(
      """
      {"model_type": "internvl_chat", "llm_config": \(Configs.text("qwen2")), "vision_config": {"image_size": 448}}
      """
    ).parsed()
    let multimodal = try #require(config.multimodal)
    #expect(multimodal.pixelShuffle == .v1 && multimodal.selectLayer == -1 && multimodal.maxTiles == 6)
    #expect(!multimodal.usesDynamicTiling && !multimodal.usesThumbnail)
    let vision = multimodal.vision
    #expect(vision.hiddenSize == 3200 && vision.headCount == 25 && vision.layerCount == 48)
    #expect(vision.normType == .rmsNorm && vision.hasQKNorm && !vision.hasQKVBias)
  }

  @Test func `what a native config leaves out has the defaults of transformers' InternVLVisionConfig`() throws {
    let config = try ConfigText(
      """
      {"model_type": "internvl", "text_config": \(Configs.text("qwen2")), "vision_config": {}}
      """
    ).parsed()
    let vision = try #require(config.multimodal).vision
    #expect(vision.hiddenSize == 1024 && vision.headCount == 16 && vision.layerCount == 24)
    #expect(vision.intermediateSize == 4096 && vision.imageSize == 448 && vision.normType == .layerNorm)
    #expect(!vision.hasQKNorm && !vision.hasQKVBias)
    #expect(config.text.tiesEmbeddings, "InternVLConfig ties unless told otherwise")
  }
}
