"""Writes a pipeline as a folder of ONNX networks, named and laid out as Hugging Face Optimum 2.3 does it
(`optimum-cli export onnx`; optimum/exporters/utils.py and optimum/exporters/onnx/model_configs.py), or, for
`legacy`, as diffusers' old convert_stable_diffusion_checkpoint_to_onnx.py did: whole timesteps, 32-bit token ids, a
`latent_sample` from the encoder (here without the random part), and here with a fixed size too.
"""

import copy
import io
import json
import warnings
from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime
import torch

from .tokenizer import TOKENS, save_tokenizer

OPSET = 18
# How far onnxruntime may be from PyTorch.
TOLERANCE = {torch.float32: 1e-4, torch.float16: 2e-2}


@dataclass(frozen=True)
class Layout:
    element: torch.dtype = torch.float32
    legacy: bool = False
    # of the legacy layout, in latent values
    height: int = 8
    width: int = 12


def export_pipeline(pipeline, folder, layout=Layout()):
    pipeline.save_config(folder)
    pipeline.scheduler.save_pretrained(folder / "scheduler")
    for name in ("tokenizer", "tokenizer_2"):
        if getattr(pipeline, name, None):
            save_tokenizer(getattr(pipeline, name), folder / name)
    for name in ("text_encoder", "text_encoder_2"):
        if getattr(pipeline, name, None):
            export_text_encoder(getattr(pipeline, name), folder / name, layout)
    export_unet(pipeline.unet, folder / "unet", layout)
    export_vae_encoder(pipeline.vae, folder / "vae_encoder", layout)
    export_vae_decoder(pipeline.vae, folder / "vae_decoder", layout)


def export_text_encoder(encoder, folder, layout):
    encoder = copy.deepcopy(encoder).to(layout.element)
    projected = hasattr(encoder, "text_projection")
    hidden = [] if layout.legacy else [f"hidden_states.{i}" for i in range(encoder.config.num_hidden_layers + 1)]
    outputs = ["text_embeds", "last_hidden_state"] if projected else ["last_hidden_state", "pooler_output"]
    forward = encoder.forward

    def run(input_ids):
        result = forward(input_ids=input_ids, output_hidden_states=True)
        return [getattr(result, name) for name in outputs] + list(result.hidden_states[: len(hidden)])

    encoder.forward = run
    ids = torch.randint(0, encoder.config.vocab_size, (2, TOKENS), dtype=torch.int32 if layout.legacy else torch.int64)
    axes = {0: "batch_size"} if layout.legacy else {0: "batch_size", 1: "sequence_length"}
    write(encoder, {"input_ids": ids}, outputs + hidden, {"input_ids": axes}, folder, layout)


def export_unet(unet, folder, layout):
    unet = copy.deepcopy(unet).to(layout.element)
    config, batch, element = unet.config, 2, layout.element
    inputs = {
        "sample": torch.randn(batch, config.in_channels, layout.height, layout.width, dtype=element),
        "timestep": torch.full((batch,), 481) if layout.legacy else torch.tensor(481.0, dtype=element),
        "encoder_hidden_states": torch.randn(batch, TOKENS, config.cross_attention_dim, dtype=element),
    }
    if config.time_cond_proj_dim:
        inputs["timestep_cond"] = torch.randn(batch, config.time_cond_proj_dim, dtype=element)
    if config.addition_embed_type == "text_time":
        pooled = config.projection_class_embeddings_input_dim - 6 * config.addition_time_embed_dim
        inputs["text_embeds"] = torch.randn(batch, pooled, dtype=element)
        inputs["time_ids"] = torch.tensor([[64, 96, 0, 0, 64, 96]] * batch, dtype=element)
    names, forward = list(inputs), unet.forward

    def run(*values):
        given = dict(zip(names, values))
        added = {name: given.pop(name) for name in ("text_embeds", "time_ids") if name in given}
        return forward(**given, added_cond_kwargs=added, return_dict=False)

    unet.forward = run
    axes = {name: {0: "batch_size"} for name in names}
    if not layout.legacy:
        axes |= {"sample": {0: "batch_size", 2: "height", 3: "width"}, "timestep": {}}
        axes["encoder_hidden_states"] = {0: "batch_size", 1: "sequence_length"}
    write(unet, inputs, ["out_sample"], axes, folder, layout)


def export_vae_encoder(vae, folder, layout):
    vae = copy.deepcopy(vae).to(layout.element)
    if layout.legacy:
        vae.forward = lambda sample: vae.encode(sample).latent_dist.mean
    else:
        vae.forward = lambda sample: vae.encode(sample).latent_dist.parameters
    picture = torch.rand(2, 3, layout.height * 8, layout.width * 8, dtype=layout.element) * 2 - 1
    axes = {0: "batch_size"} if layout.legacy else {0: "batch_size", 2: "sample_height", 3: "sample_width"}
    output = "latent_sample" if layout.legacy else "latent_parameters"
    write(vae, {"sample": picture}, [output], {"sample": axes}, folder, layout)


def export_vae_decoder(vae, folder, layout):
    vae = copy.deepcopy(vae).to(layout.element)
    vae.forward = lambda latent_sample: vae.decode(latent_sample).sample
    latent = torch.randn(2, vae.config.latent_channels, layout.height, layout.width, dtype=layout.element) * 5
    axes = {0: "batch_size"} if layout.legacy else {0: "batch_size", 2: "latent_height", 3: "latent_width"}
    write(vae, {"latent_sample": latent}, ["sample"], {"latent_sample": axes}, folder, layout)


def write(network, inputs, outputs, axes, folder, layout):
    """Exports one network with its configuration, and holds onnxruntime's results against PyTorch's."""
    folder.mkdir(parents=True, exist_ok=True)
    (network.config.save_pretrained if hasattr(network.config, "save_pretrained") else network.save_config)(folder)
    file = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            tuple(inputs.values()),
            file,
            input_names=list(inputs),
            output_names=outputs,
            dynamic_axes=axes | {name: {0: "batch_size"} for name in outputs},
            opset_version=OPSET,
            dynamo=False,
        )
    model = slim(onnx.load_model_from_string(file.getvalue()))
    onnx.save(model, folder / "model.onnx")
    difference = compare(network, inputs, folder / "model.onnx")
    size = (folder / "model.onnx").stat().st_size
    print(f"  {folder.parent.name}/{folder.name}: {size / 1e3:.0f} kB, off by {difference:.1e}")
    assert difference < TOLERANCE[layout.element], difference


def slim(model):
    """Shortens the names inside the graph, which would be longer than the weights."""
    kept = {value.name for value in [*model.graph.input, *model.graph.output]} | {""}
    short = {}

    def rename(names):
        for i, name in enumerate(names):
            names[i] = name if name in kept else short.setdefault(name, f"v{len(short)}")

    for initializer in model.graph.initializer:
        initializer.name = short.setdefault(initializer.name, f"v{len(short)}")
    for node in model.graph.node:
        assert not any(attribute.HasField("g") for attribute in node.attribute)
        node.ClearField("name")
        node.ClearField("doc_string")
        del node.metadata_props[:]
        rename(node.input)
        rename(node.output)
    del model.graph.value_info[:]
    onnx.checker.check_model(model)
    return model


def compare(network, inputs, file):
    """The largest difference between PyTorch and onnxruntime, relative to the largest value where that is above 1."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    single = {name: value[:1] if value.ndim else value for name, value in inputs.items()}
    largest = 0.0
    for given in (inputs, single):
        with torch.no_grad():
            expected = network(*given.values())
        actual = session.run(None, {name: value.numpy() for name, value in given.items()})
        for ours, theirs in zip(actual, expected if isinstance(expected, (list, tuple)) else [expected]):
            theirs = theirs.float().numpy()
            assert ours.shape == theirs.shape
            largest = max(largest, float(np.abs(ours - theirs).max() / max(1, np.abs(theirs).max())))
    return largest
