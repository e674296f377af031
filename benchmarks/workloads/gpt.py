"""A small GPT, as in configs/shakespeare_char_gpt.yaml."""

from benchmarks.workload import TOKENS, Workload

DRAWN = {"type": "random_normal", "stddev": 0.02}

WORKLOADS = (
    Workload(
        name="gpt", title="GPT, 4 layers, 4 heads, 128 wide, context 64, batch 12",
        layers=(
            {"type": "embedding", "input_dim": 65, "output_dim": 128, "embeddings_initializer": DRAWN},
            {"type": "position_embedding", "initializer": DRAWN},
            {"type": "repeat", "times": 4, "layer": {
                "type": "transformer_decoder", "num_heads": 4, "intermediate_dim": 512, "activation": "gelu",
                "normalize_first": True, "kernel_initializer": DRAWN,
            }},
            "layer_normalization", {"type": "dense", "units": 65, "activation": "softmax", "use_bias": False},
        ),
        in_shape=(64,), batch=12, targets=TOKENS, classes=65, clip=1.0,
        optimizer={"type": "adamw", "learning_rate": 0.001, "beta_2": 0.99, "weight_decay": 0.1}, goal=(1.0, 1.4),
    ),
)
