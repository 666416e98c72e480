"""The extra [fast]: answers in bulk by OpenVINO, fp32 or int8, behind a gate. Never gradients."""
