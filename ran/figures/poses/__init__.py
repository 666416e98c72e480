"""Charts over poses: by yaw or by time."""
