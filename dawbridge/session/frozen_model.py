"""What every part of a session file shares."""

from pydantic import BaseModel, ConfigDict


class FrozenModel(BaseModel):
    """Frozen, no unknown keys, no NaN or Inf."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
