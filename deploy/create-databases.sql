-- The image makes one database (prefect); MLflow keeps its tables and its accounts in two others.
CREATE DATABASE mlflow OWNER descent;
CREATE DATABASE mlflow_auth OWNER descent;
